// Sends events to all clients with the ws package, 20 in a turn, when /go is requested; prints its port.
const { WebSocketServer } = require("ws");
const TURN_EVENTS = 20;
const events = Number(process.argv[2]);
const server = require("node:http").createServer((_request, response) => {
  response.end();
  send(1);
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on("connection", (socket) => socket.on("message", () => socket.send('{"type":"snapshot"}')));

function send(from) {
  const end = Math.min(from + TURN_EVENTS, events + 1);
  for (let id = from; id < end; id++) {
    const message = JSON.stringify({ type: "event", event: eventOf(id) });
    for (const socket of sockets.clients) socket.send(message);
  }
  if (end <= events) setImmediate(() => send(end));
}

/** An event as large as those of the hub. */
function eventOf(id) {
  const session = "2f0f4c1e-2d52-4a57-9f0b-2f4f6f1f5f10";
  const message = { role: "assistant", content: [{ type: "text", text: "word ".repeat(40) }] };
  const at = new Date().toISOString();
  return { id, session, seq: id, at, type: "assistant", payload: { type: "assistant", message } };
}

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
