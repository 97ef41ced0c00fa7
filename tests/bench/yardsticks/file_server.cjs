// Serves one file over HTTP; prints its port.
const { createReadStream, statSync } = require("node:fs");
const [file] = process.argv.slice(2);
const server = require("node:http").createServer((_request, response) => {
  response.writeHead(200, { "content-length": statSync(file).size });
  createReadStream(file, { highWaterMark: 1 << 20 }).pipe(response);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
