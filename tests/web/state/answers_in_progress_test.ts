import { assertEquals } from "@std/assert";
import { AnswersInProgress } from "../../../lib/web/state/answers_in_progress.ts";
import { EventMaker } from "../helpers/events.ts";

Deno.test("AnswersInProgress adds pieces up to the whole message", () => {
  const answers = new AnswersInProgress();
  const maker = new EventMaker("s");
  answers.takeDelta({ session: "s", thinking: "hm" });
  answers.takeDelta({ session: "s", text: "one " });
  answers.takeDelta({ session: "s", text: "two" });
  assertEquals(answers.of("s"), { text: "one two", thinking: "hm" });
  answers.takeEvent(maker.says("one two"));
  assertEquals(answers.of("s"), { text: "", thinking: "" });
});

Deno.test("AnswersInProgress keeps an answer while an agent of a tool speaks", () => {
  const answers = new AnswersInProgress();
  answers.takeDelta({ session: "s", text: "one" });
  answers.takeEvent(new EventMaker("s").says("inner", { parent_tool_use_id: "t" }));
  assertEquals(answers.of("s").text, "one");
});

Deno.test("AnswersInProgress goes on with the answer of a snapshot, though older events follow it", () => {
  const answers = new AnswersInProgress();
  const maker = new EventMaker("s");
  const older = maker.says("the message before");
  answers.takeDelta({ session: "s", text: "lost" });
  answers.takeSnapshot({ s: "one " }, older.id);
  answers.takeEvent(older);
  answers.takeDelta({ session: "s", text: "two" });
  assertEquals(answers.of("s").text, "one two");
  answers.takeEvent(maker.says("one two"));
  assertEquals(answers.of("s").text, "");
});
