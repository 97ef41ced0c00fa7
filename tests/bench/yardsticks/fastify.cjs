// Serves the sessions of a file with the fastify package, whose serializer gets the schema of the response; prints its port.
const { readFileSync } = require("node:fs");
const sessions = JSON.parse(readFileSync(process.argv[2], "utf8"));
const text = { type: "string" };
const integer = { type: "integer" };
const record = (properties) => ({ type: "object", properties });
const tokens = record({ input: integer, output: integer, cache_read: integer, cache_creation: integer });
const session = record({
  id: text,
  name: text,
  host: text,
  path: text,
  mode: text,
  status: text,
  claude_session_id: text,
  model: { type: ["string", "null"] },
  permission_mode: text,
  policy: text,
  queue: { type: "array", items: record({ id: text, prompt: text, at: text }) },
  permissions: { type: "array", items: text },
  turns: integer,
  cost_usd: { type: "number" },
  tokens,
  last_event: integer,
  created_at: text,
  updated_at: text,
  ended_at: text,
  exit: record({ code: integer, signal: text, reason: text }),
});
const server = require("fastify")();
const schema = { response: { 200: { type: "array", items: session } } };
server.get("/api/sessions", { schema }, () => sessions);
server.listen({ host: "127.0.0.1", port: 0 }).then(() => console.log(server.server.address().port));
