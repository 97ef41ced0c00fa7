import { webSuite } from "./helpers/suite.ts";
import { makeProject } from "./helpers/test_project.ts";

const suite = webSuite({ config: 'usage.mode = "off"\n' });

suite.test("a project page says that no usage is shown where the configuration says so", async ({ home, open }) => {
  await using _project = await makeProject(home, "quiet");
  await using visitor = await open({ path: "/projects/quiet", expected: [/status of 403/] });
  const usage = visitor.page.getByRole("region", { name: "Usage" });
  await usage.getByText("The configuration of the hub shows no usage.").waitFor();
});
