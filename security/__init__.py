"""Who comes in: sign-in, sessions, the deny-by-default guard, CSRF, headers, rate limits."""
