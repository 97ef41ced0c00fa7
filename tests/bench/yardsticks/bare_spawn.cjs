// 500 processes in turn, each with a group and three pipes of its own; prints how many a second.
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
