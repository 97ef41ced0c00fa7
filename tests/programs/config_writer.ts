// Changes a JSON file again and again as the agent CLI does: it reads it, adds a key, and puts the new file in its place,
// without a lock. It fails when it cannot parse what it reads.
const [path = "", count = "0"] = Deno.args;

for (let i = 0; i < Number(count); i++) {
  const config = JSON.parse(Deno.readTextFileSync(path));
  config[`key${i}`] = i;
  const temporary = `${path}.writer`;
  Deno.writeTextFileSync(temporary, JSON.stringify(config));
  Deno.renameSync(temporary, path);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
}
