// A server with the vscode-jsonrpc package, used as its documentation shows: frames with Content-Length headers.
const net = require("node:net");
const rpc = require("vscode-jsonrpc/node");
net.createServer((socket) => {
  socket.on("error", () => {});
  const connection = rpc.createMessageConnection(
    new rpc.StreamMessageReader(socket),
    new rpc.StreamMessageWriter(socket),
  );
  connection.onRequest("server.ping", () => ({ pong: true }));
  connection.listen();
}).listen(process.argv[2]);
