"""What may be chosen in the address of a page with a chart, and what people call it."""

PERIODS = {
    "today": "Today",
    "yesterday": "Yesterday",
    "this_week": "This week",
    "last_7_days": "Last 7 days",
    "this_month": "This month",
    "last_month": "Last month",
    "this_year": "This year",
    "last_12_months": "Last 12 months",
}
RESOLUTIONS = {
    "half_hour": "Half hours",
    "hour": "Hours",
    "day": "Days",
    "week": "Weeks",
    "month": "Months",
    "year": "Years",
}
