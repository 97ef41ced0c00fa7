// A server with the json-rpc-2.0 package, which gets one line at a time, used as its documentation shows.
const net = require("node:net");
const { JSONRPCServer } = require("json-rpc-2.0");
const server = new JSONRPCServer();
server.addMethod("server.ping", () => ({ pong: true }));
net.createServer((socket) => {
  let buffer = "";
  socket.setEncoding("utf8");
  socket.on("error", () => {});
  socket.on("data", (text) => {
    buffer += text;
    const lines = buffer.split("\n");
    buffer = lines.pop();
    for (const line of lines) {
      server.receiveJSON(line).then((reply) => socket.write(JSON.stringify(reply) + "\n"));
    }
  });
}).listen(process.argv[2]);
