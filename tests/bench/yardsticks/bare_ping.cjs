// A minimal server that sends the same JSON replies over a unix socket, with one write per read.
const net = require("node:net");
net.createServer((socket) => {
  let buffer = "";
  socket.setEncoding("utf8");
  socket.on("error", () => {});
  socket.on("data", (text) => {
    buffer += text;
    const lines = buffer.split("\n");
    buffer = lines.pop();
    let replies = "";
    for (const line of lines) {
      const { id } = JSON.parse(line);
      replies += JSON.stringify({ jsonrpc: "2.0", id, result: { pong: true } }) + "\n";
    }
    if (replies) socket.write(replies);
  });
}).listen(process.argv[2]);
