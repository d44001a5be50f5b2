// Swagger UI over our own OpenAPI document. Nothing leaves this address: no validator, no fonts, no key kept.

const place = document.getElementById("swagger");

window.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  docExpansion: "list",
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
});
