/* Predict first: the reader types a contribution before it is shown, and is graded. */

/* The answers to each question, by the number of the step: { tries, right, shown }. */
let answers = new Map();
const RIGHT = 0.02;
const NEAR = 0.1;

function answerTo(at) {
  if (!answers.has(at)) answers.set(at, { tries: 0, right: false, shown: false, verdict: "" });
  return answers.get(at);
}

/* Whether the numbers of the present step are still to be predicted. */
function isHidden() {
  return state.predict && done() > 0 && !answerTo(done()).shown;
}

/* Numbers that may be typed, how near to each is enough, and the reply: the first counts. */
const VERDICTS = [
  [(step) => step.contribution, RIGHT, "Right."],
  [(step) => step.contribution, NEAR, "Near: one more digit."],
  [(step) => -step.contribution, RIGHT, "The right size, but the other sign."],
  [(step) => step.total, RIGHT, "That is the sum so far. What does this edge add to it?"],
  [(step) => step.local, RIGHT, "That is the local gradient. Multiply it by upstream."],
  [(step) => step.upstream, RIGHT, "That is upstream. Multiply it by the local gradient."],
  [(step) => step.upstream + step.local, RIGHT, "Along an edge the two are multiplied, not added."],
];
const WRONG = "Not yet: upstream times local, with its sign.";
function grade(text) {
  const { value: x, problem } = readTyped(text);
  if (problem) return { right: false, counts: false, verdict: problem };
  const step = currentStep();
  const line = VERDICTS.findIndex(([number, within]) => close(x, number(step), within));
  return { right: line === 0, counts: true, verdict: line < 0 ? WRONG : VERDICTS[line][2] };
}

function checkAnswer(event) {
  event.preventDefault();
  const answer = answerTo(done());
  const { right, counts, verdict } = grade(byId("answer").value);
  answer.tries += counts ? 1 : 0;
  answer.verdict = verdict;
  if (right) Object.assign(answer, { right: answer.tries === 1, shown: true });
  change({ answered: verdict });
  if (right) byId("forward").focus();
}

function reveal() {
  const step = currentStep();
  const verdict = `${shown(step.upstream)} × ${shown(step.local)} = ${shown(step.contribution)}.`;
  Object.assign(answerTo(done()), { shown: true, verdict });
  change({ answered: verdict });
  byId("forward").focus();
}

function score() {
  const asked = [...answers.values()].filter((answer) => answer.shown);
  return `${asked.filter((answer) => answer.right).length} of ${asked.length} right at once`;
}

function showQuiz(changes) {
  const asking = isHidden();
  byId("quiz").hidden = !asking;
  const answer = state.predict && done() > 0 ? answerTo(done()) : null;
  const verdict = byId("verdict");
  verdict.hidden = !answer?.verdict;
  if (answer?.verdict) {
    verdict.textContent = answer.shown ? `${answer.verdict} ${score()}.` : answer.verdict;
    verdict.classList.toggle("right", answer.shown && answer.right);
  }
  if (!asking) return;
  const step = currentStep();
  byId("question").textContent =
    `What does ${NAMES[step.consumer]} add to ∂${ROOT}/∂${NAMES[step.parent]}?`;
  if (!("answered" in changes)) byId("answer").value = "";
  if ("at" in changes || "predict" in changes) byId("answer").focus({ preventScroll: true });
}

function startQuiz() {
  byId("quiz").addEventListener("submit", checkAnswer);
  byId("reveal").addEventListener("click", reveal);
  onChange((changes) => {
    if ("numbers" in changes || "order" in changes) answers = new Map();
  });
}
