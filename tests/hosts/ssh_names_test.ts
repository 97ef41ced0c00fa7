import { assertEquals } from "@std/assert";
import { readSshNames } from "../../lib/hosts/ssh_names.ts";
import { tempDir } from "../helpers/temp.ts";

Deno.test("readSshNames() returns the names of hosts, without patterns, negations and what is no name", async () => {
  await using directory = await tempDir();
  const text = `# Host commented
Host box lab.example.org "quoted"
  HostName 10.0.0.7
host=equals
	HOST tabbed # Host not-this
Host * *.example.org !bastion b?x
Host -oProxyCommand=id a;id
Match host matched
Hostname alone
`;
  await Deno.mkdir(`${directory.path}/.ssh`);
  await Deno.writeTextFile(`${directory.path}/.ssh/config`, text);
  assertEquals(await readSshNames(directory.path), ["box", "lab.example.org", "quoted", "equals", "tabbed"]);
});

Deno.test("readSshNames() follows what the configuration includes, in its order and each name once", async () => {
  await using directory = await tempDir();
  const ssh = `${directory.path}/.ssh`;
  await Deno.mkdir(`${ssh}/config.d`, { recursive: true });
  const files = {
    config: "Include config.d/*.conf ~/.ssh/more missing\nHost box work\nInclude config\n",
    "config.d/b.conf": "Host second\n",
    "config.d/a.conf": "Host first\nHost box\n",
    "config.d/readme.txt": "Host never\n",
    more: "Host more\n",
  };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${ssh}/${name}`, text);
  assertEquals(await readSshNames(directory.path), ["first", "box", "second", "more", "work"]);
});

Deno.test("readSshNames() returns nothing without a configuration", async () => {
  await using directory = await tempDir();
  assertEquals(await readSshNames(directory.path), []);
});
