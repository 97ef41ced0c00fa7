// A minimal server that sends the stdout of one child to one connection, in frames of the contract.
const net = require("node:net");
const { spawn } = require("node:child_process");
const [path, command, ...args] = process.argv.slice(2);
net.createServer((socket) => {
  socket.on("error", () => {});
  socket.once("data", () => {
    let seq = 0;
    const child = spawn(command, args, { detached: true, stdio: ["pipe", "pipe", "pipe"] });
    child.stdout.on("data", (chunk) => {
      const frame = { type: "stream", processId: "p", stream: "stdout", seq: ++seq, data: chunk.toString("base64") };
      if (socket.write(JSON.stringify(frame) + "\n")) return;
      child.stdout.pause();
      socket.once("drain", () => child.stdout.resume());
    });
    child.on("close", (exitCode) => {
      socket.write(JSON.stringify({ type: "stream", processId: "p", stream: "exit", seq: ++seq, exitCode }) + "\n");
    });
  });
}).listen(path);
