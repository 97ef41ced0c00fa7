import { assertEquals } from "@std/assert";
import { answersOf, choose, isAnswered, NO_ANSWER, write } from "../../../lib/web/state/question_answers.ts";
import type { Question } from "../../../lib/web/state/tool_request.ts";

const options = ["Red", "Blue", "Green"].map((label) => ({ label, description: "" }));
const ONE: Question = { question: "Which?", header: "", options, isMultiple: false };
const MANY: Question = { question: "Which ones?", header: "", options, isMultiple: true };

Deno.test("choose() replaces a choice when only one counts", () => {
  const answer = choose(choose(NO_ANSWER, ONE, "Red"), ONE, "Blue");
  assertEquals(answersOf([ONE], [answer]), { "Which?": "Blue" });
});

Deno.test("choose() takes a choice back when several count", () => {
  const answer = choose(choose(choose(NO_ANSWER, MANY, "Red"), MANY, "Blue"), MANY, "Red");
  assertEquals(answersOf([MANY], [answer]), { "Which ones?": "Blue" });
});

Deno.test("answersOf() joins choices in the order of the question, and words behind them", () => {
  const answer = write(choose(choose(NO_ANSWER, MANY, "Green"), MANY, "Red"), MANY, " and grey ");
  assertEquals(answersOf([MANY], [answer]), { "Which ones?": "Red, Green, and grey" });
});

Deno.test("write() replaces the choice when only one answer counts", () => {
  assertEquals(answersOf([ONE], [write(choose(NO_ANSWER, ONE, "Red"), ONE, "grey")]), { "Which?": "grey" });
});

Deno.test("choose() replaces what was written when only one answer counts", () => {
  assertEquals(answersOf([ONE], [choose(write(NO_ANSWER, ONE, "grey"), ONE, "Red")]), { "Which?": "Red" });
});

Deno.test("isAnswered() wants a choice or a word", () => {
  assertEquals([
    isAnswered(NO_ANSWER),
    isAnswered(write(NO_ANSWER, ONE, "  ")),
    isAnswered(write(NO_ANSWER, ONE, "x")),
    isAnswered(choose(NO_ANSWER, ONE, "Red")),
  ], [false, false, true, true]);
});
