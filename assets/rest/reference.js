// Starts the reader of the REST schema that the page has loaded: Swagger UI or ReDoc.
(function () {
    "use strict";

    const place = document.getElementById("reference");

    // A signed-in person tries changing calls with their cookie: it counts with the form token only.
    function withFormToken(request) {
        const token = document.cookie.match(/(?:^|; )_csrf_token=([^;]*)/);
        if (token) {
            request.headers["X-CSRFToken"] = decodeURIComponent(token[1]);
        }
        return request;
    }

    if (place.dataset.kind === "swagger") {
        window.SwaggerUIBundle({
            url: place.dataset.schema,
            domNode: place,
            deepLinking: true,
            validatorUrl: null, // would show the schema to somebody else's server
            requestInterceptor: withFormToken,
            presets: [window.SwaggerUIBundle.presets.apis],
        });
    } else {
        // Its search runs in a worker made of text, which the content security policy forbids.
        window.Redoc.init(place.dataset.schema, { disableSearch: true }, place);
    }
})();
