// Starts processes one after another, each with its own group and three pipes; prints the number per second.
const { spawn } = require("node:child_process");
const count = Number(process.argv[2]);
(async () => {
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    await new Promise((resolve) => {
      const child = spawn("true", [], { detached: true, stdio: ["pipe", "pipe", "pipe"] });
      child.stdout.resume();
      child.stderr.resume();
      child.on("close", resolve);
    });
  }
  console.log(JSON.stringify({ perSecond: count / (performance.now() - start) * 1000 }));
})();
