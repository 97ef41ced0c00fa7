/**
 * The terminal of a session, in a document of its own: the terminal emulator writes styles into its document, which the
 * page's own policy forbids.
 *
 * @module
 */

import { FitAddon } from "@xterm/addon-fit";
import { type ITheme, Terminal } from "@xterm/xterm";
import { socketAddress } from "./address.ts";

/** How long the size must stay before the program is told, in milliseconds. */
const SETTLE_MS = 80;

/** What the page around this document is told. */
export type TerminalNote =
  | { readonly type: "open" }
  | { readonly type: "closed"; readonly reason: string };

const [DARK, LIGHT]: [ITheme, ITheme] = [
  { background: "#121316", foreground: "#ececef", cursor: "#8fb0ff", selectionBackground: "#34477c" },
  {
    background: "#ffffff",
    foreground: "#1d1c19",
    cursor: "#2f5bd0",
    selectionBackground: "#cfdcff",
    black: "#1d1c19",
    red: "#b3261e",
    green: "#1a7a3c",
    yellow: "#8f5500",
    blue: "#2f5bd0",
    magenta: "#8a3a9c",
    cyan: "#0b6a78",
    white: "#65635c",
    brightBlack: "#65635c",
    brightRed: "#c9362d",
    brightGreen: "#1f8a45",
    brightYellow: "#a06200",
    brightBlue: "#3f6be0",
    brightMagenta: "#9c4ab0",
    brightCyan: "#0f7c8c",
    brightWhite: "#1d1c19",
  },
];

function themeOf(): ITheme {
  const chosen = document.documentElement.dataset["theme"];
  const isDark = chosen === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
  return isDark ? DARK : LIGHT;
}

function tell(note: TerminalNote): void {
  parent.postMessage(note, location.origin);
}

/** Leaves it to tmux to answer the questions of programs about the terminal: a second answer would be typed. */
function answerNothing({ parser }: Terminal): void {
  const ignore = () => true;
  const questions = [
    { final: "c" },
    { prefix: ">", final: "c" },
    { prefix: "=", final: "c" },
    { final: "n" },
    { prefix: "?", final: "n" },
    { intermediates: "$", final: "p" },
    { prefix: "?", intermediates: "$", final: "p" },
    { prefix: ">", final: "q" },
    { final: "t" },
  ];
  for (const question of questions) parser.registerCsiHandler(question, ignore);
  parser.registerDcsHandler({ intermediates: "$", final: "q" }, ignore);
  // The same sequences also set colours.
  for (const colour of [4, 10, 11, 12]) parser.registerOscHandler(colour, (text) => text.includes("?"));
}

/** Shows the terminal until it ends. */
function run(box: HTMLElement): void {
  const terminal = new Terminal({
    allowProposedApi: false,
    cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    fontFamily: 'ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace',
    fontSize: matchMedia("(max-width: 700px)").matches ? 12 : 14,
    scrollback: 5_000,
    theme: themeOf(),
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  answerNothing(terminal);
  terminal.open(box);
  fit.fit();
  const socket = new WebSocket(socketAddress(location, document.documentElement.dataset["base"] ?? ""));
  socket.binaryType = "arraybuffer";
  let isFirst = true;
  const sendSize = () => {
    if (socket.readyState !== WebSocket.OPEN) return;
    const page_key = isFirst ? localStorage.getItem("claustrum.page_key") ?? undefined : undefined;
    isFirst = false;
    socket.send(JSON.stringify({ resize: [terminal.cols, terminal.rows], page_key }));
  };
  const encoder = new TextEncoder();
  terminal.onData((text) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(encoder.encode(text));
  });
  terminal.onBinary((text) => {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    if (socket.readyState === WebSocket.OPEN) socket.send(bytes);
  });
  socket.addEventListener("open", () => {
    sendSize();
    tell({ type: "open" });
    terminal.focus();
  });
  socket.addEventListener("message", ({ data }) => {
    if (data instanceof ArrayBuffer) return terminal.write(new Uint8Array(data));
    const { size: [columns, rows] } = JSON.parse(data);
    // Another viewer may have changed it.
    if (columns !== terminal.cols || rows !== terminal.rows) terminal.resize(columns, rows);
  });
  socket.addEventListener("close", ({ reason }) => {
    terminal.options.disableStdin = true;
    tell({ type: "closed", reason });
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  new ResizeObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      fit.fit();
      sendSize();
    }, SETTLE_MS);
  }).observe(box);
}

const box = document.getElementById("terminal");
if (box !== null) run(box);
