import { launchBrowser } from "./helpers/chromium.ts";
import { playScene, SCENE_CONFIG } from "./helpers/scene.ts";
import { pathOfSession } from "./helpers/session_view.ts";
import { signIn } from "./helpers/sign_in.ts";
import { webParts } from "./helpers/suite.ts";
import { webHome } from "./helpers/web_home.ts";

await using home = await webHome(SCENE_CONFIG);
const browser = await launchBrowser();
const parts = webParts(browser, home, await signIn(home), console.error);
await using scene = await playScene(home);
for (const size of ["desk", "phone"] as const) {
  const theme = "light";
  for (
    const [name, path] of [
      ["home", "/"],
      ["permission", pathOfSession(scene.permission)],
      ["streaming", pathOfSession(scene.streaming)],
      ["plan", pathOfSession(scene.plan)],
      ["question", pathOfSession(scene.question)],
      ["failed", pathOfSession(scene.failed)],
    ] as const
  ) {
    await using v = await parts.open({ size, theme, path });
    await v.page.waitForTimeout(800);
    await v.page.screenshot({ path: `/tmp/t2/${name}-${size}.png` });
  }
}
await browser.close();
