/** Texts that try to run something, to load something, or to draw where they should not. */

const SCRIPT = "alert(document.domain);globalThis.pwned=1";
const EVIL = "http://evil.example";

/** HTML and SVG that runs script or loads something where it is not text. */
const HTML: readonly string[] = [
  `<script>${SCRIPT}</script>`,
  `<script src="${EVIL}/a.js"></script>`,
  `<img src=x onerror="${SCRIPT}">`,
  `<img src="${EVIL}/pixel.png">`,
  `<svg onload="${SCRIPT}"><script>${SCRIPT}</script></svg>`,
  `<svg><animate onbegin="${SCRIPT}" attributeName=x dur=1s></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror="${SCRIPT}">`,
  `<iframe srcdoc="<script>parent.${SCRIPT}</script>"></iframe>`,
  `<iframe src="javascript:${SCRIPT}"></iframe>`,
  `<object data="${EVIL}/o"></object><embed src="${EVIL}/e">`,
  `<link rel=stylesheet href="${EVIL}/s.css"><style>body{display:none}@import "${EVIL}/i.css";</style>`,
  `<base href="${EVIL}/"><meta http-equiv=refresh content="0;url=${EVIL}">`,
  `<form action="${EVIL}"><input name=a><button>Sign in</button></form>`,
  `<details open ontoggle="${SCRIPT}">x</details>`,
  `<video src="${EVIL}/v" autoplay onloadstart="${SCRIPT}"></video><audio src="${EVIL}/a" autoplay></audio>`,
  `<a href="javascript:${SCRIPT}">x</a><div style="position:fixed;inset:0;background:red">cover</div>`,
  `<template><script>${SCRIPT}</script></template><noscript><p title="</noscript><img src=x onerror=${SCRIPT}>">`,
  `<!--><img src=x onerror="${SCRIPT}">--><![CDATA[<img src=x onerror="${SCRIPT}">]]>`,
  `&lt;img src=x onerror=&quot;${SCRIPT}&quot;&gt; &#60;script&#62;${SCRIPT}&#60;/script&#62;`,
];

/** Markdown that leads or loads where it should not. */
const MARKDOWN: readonly string[] = [
  `[x](javascript:${SCRIPT}) [x](JaVaScRiPt:${SCRIPT}) [x]( javascript:${SCRIPT}) [x](java\tscript:${SCRIPT})`,
  `[x](&#106;avascript:${SCRIPT}) [x](javascript&colon;${SCRIPT}) [x](\u0001javascript:${SCRIPT})`,
  `[x](data:text/html,<script>${SCRIPT}</script>) [x](vbscript:x) [x](file:///etc/passwd) [x](/api/sessions) [x](//evil.example)`,
  `![x](${EVIL}/i.png) ![x](javascript:${SCRIPT}) ![x](data:image/svg+xml,<svg onload=${SCRIPT}>) ![x](/api/status)`,
  `[ref][r] ![ref][r]\n\n[r]: javascript:${SCRIPT} "t"`,
  `<javascript:${SCRIPT}> <${EVIL}/auto> ${EVIL}/bare www.evil.example evil@evil.example`,
  `[https://github.com/login](${EVIL}/login) [x](${EVIL}/"onmouseover="${SCRIPT})`,
  `\`\`\`html "><img src=x onerror=${SCRIPT}>\n<script>${SCRIPT}</script>\n\`\`\``,
  "```" + `${"x".repeat(5_000)}\ncode\n` + "```",
  `| <img src=x onerror="${SCRIPT}"> | [x](javascript:${SCRIPT}) |\n|---|---|\n| <script>${SCRIPT}</script> | \`<b>\` |`,
  `- [ ] <input type=checkbox onclick="${SCRIPT}">\n- [x] <img src=x onerror="${SCRIPT}">`,
  `# <img src=x onerror="${SCRIPT}">\n\nTitle <svg onload=${SCRIPT}>\n===`,
];

/** Text that draws over others, or reads differently from what it is. */
const DRAWING: readonly string[] = [
  "a" + "\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a\u0316\u0317\u0318\u0319\u031c".repeat(60),
  `${"Z\u0335\u0321\u031b\u0353\u030d\u0310".repeat(40)} zalgo`,
  "\u202egnp.exe \u2066isolated \u202d\u202b embedded without an end",
  `rm -rf /\u200b\u200c\u200d\u2060\ufeff \u00ad\u3164\u115f`,
  "\u{e0041}\u{e0042} tags and \u{1f469}\u200d\u{1f4bb} emoji \u26a0\ufe0f",
  "x".repeat(7_000),
  `${"wide ".repeat(10)}\ufdfd\u{12031}`.repeat(20),
  `|${" a |".repeat(300)}\n|${"---|".repeat(300)}\n${`|${" wide cell content |".repeat(300)}\n`.repeat(5)}`,
  `| ${"y".repeat(2_000)} |\n|---|\n| ${"z".repeat(2_000)} |`,
  ">".repeat(500) + " deep",
  Array.from({ length: 120 }, (_, i) => `${"  ".repeat(i)}- level ${i}`).join("\n"),
  Array.from({ length: 18 }, (_, i) => `${"> ".repeat(i)}quote ${i}`).join("\n>\n"),
  `${"#".repeat(6)} ${"heading ".repeat(500)}`,
  `$$\\rule{100em}{100em}$$ ${"\t".repeat(500)}tabs`,
  `1${"0".repeat(30)}. a list with a number`,
];

/** What acts on a terminal. */
const TERMINAL: readonly string[] = [
  "\x1b]0;title\x07\x1b]8;;javascript:alert(1)\x1b\\link\x1b]8;;\x1b\\",
  "\x1b[2J\x1b[1;1H\x1b[31mred \x1b[8mhidden\x1b[0m \x1b[5mblink",
  "\x1b]52;c;cm0gLXJmIC8=\x07 \x1b[6n \x1bP$q\x1b\\ \x9b31m",
  "safe\rrm -rf /\x08\x08\x08 \x00 \x7f \x1b",
  "\x1b]1337;File=inline=1:aHR0cDovL2V2aWw=\x07",
];

/** All of them. */
export const HOSTILE_TEXTS: readonly string[] = [...HTML, ...MARKDOWN, ...DRAWING, ...TERMINAL];
