// What the thread runs: making fingerprints and searching them takes the processor for longer than requests may wait.
import { parentPort } from "node:worker_threads";
import { Chromaprint, type FingerprintInTheMaking } from "./chromaprint.js";
import { FingerprintIndex } from "./fingerprint-index.js";
import type { Answered, Asked, Question } from "./thread-messages.js";

const port = parentPort;
if (port === null) throw new Error("this is run as a thread of the service");
const chromaprint = await Chromaprint.load();
const index = new FingerprintIndex();
let making: FingerprintInTheMaking | undefined;

port.on("message", ({ id, question }: Asked) => {
  try {
    port.postMessage({ id, answer: answer(question), error: null } satisfies Answered);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    port.postMessage({ id, answer: null, error: words } satisfies Answered);
  }
});

function answer(question: Question): unknown {
  switch (question.kind) {
    case "begin":
      making = chromaprint.begin();
      return null;
    case "feed":
      current().feed(question.samples);
      return null;
    case "finish": {
      const fingerprint = current().finish();
      making = undefined;
      return fingerprint;
    }
    case "add":
      for (const { content, fingerprint } of question.contents) index.add(content, fingerprint);
      return null;
    case "search":
      return index.search(question.fingerprint, new Set(question.except));
  }
}

function current(): FingerprintInTheMaking {
  if (making === undefined) throw new Error("no fingerprint was begun");
  return making;
}
