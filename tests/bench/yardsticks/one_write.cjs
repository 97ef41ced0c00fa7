// Sends SIZE bytes in one write to each client that sends a line; they end like a reply.
const net = require("node:net");
const bytes = Buffer.alloc(Number(process.argv[3]), "x");
bytes.write('"id":7}\n', bytes.length - 8);
net.createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", () => socket.write(bytes));
}).listen(process.argv[2]);
