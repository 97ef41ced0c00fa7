import { assertEquals, assertMatch } from "@std/assert";
import { hubHome } from "../helpers/hub_home.ts";
import { asNeighbour } from "../helpers/neighbour.ts";

Deno.test({
  name: "a neighbour gets nowhere with the files and the address of a hub",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using home = await hubHome();
    // The way there is open for all users.
    for (const path of [home.path, `${home.path}/.local`, `${home.path}/.local/state`]) {
      await Deno.mkdir(path, { recursive: true });
      await Deno.chmod(path, 0o755);
    }
    const { code, stdout } = await home.hub(["start", "--json"]);
    assertEquals(code, 0);
    const connect = "import socket,sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])";
    const attempts: [string, ...string[]][] = [
      ["python3", "-c", connect, `${home.state}/hub.sock`],
      ...["hub.token", "hub.db", "hub.log", "hub.lock"].map((
        name,
      ): [string, string] => ["cat", `${home.state}/${name}`]),
      ["ls", home.state],
      ["touch", `${home.state}/planted`],
      ["ln", "-sf", "/etc/passwd", `${home.state}/hub.token`],
      ["mv", home.state, `${home.state}.away`],
    ];
    for (const [command, ...args] of attempts) {
      assertMatch(await asNeighbour(command, ...args), /^failed: .*(denied|not permitted|[Cc]annot)/s, args.join(" "));
    }
    const { url } = JSON.parse(stdout);
    const ask = `import sys,urllib.request; print(urllib.request.urlopen(sys.argv[1]).status)`;
    assertMatch(await asNeighbour("python3", "-c", ask, `${url}/api/sessions`), /^failed: .*401/s);
  },
});
