// Serves the sessions of a file with the express package, used as its documentation shows; prints its port.
const { readFileSync } = require("node:fs");
const sessions = JSON.parse(readFileSync(process.argv[2], "utf8"));
const app = require("express")();
app.get("/api/sessions", (_request, response) => response.json(sessions));
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
