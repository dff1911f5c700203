import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';

/** Everything that `work` makes this process write to stdout and stderr. Nothing of it reaches the terminal. */
export async function captureOutput(work: () => PromiseLike<unknown>): Promise<string> {
  const streams = [process.stdout, process.stderr];
  const before = streams.map(({ _write }) => ({ _write }));
  let output = '';
  // Where all ways of writing meet: the log has a shorter one than `write`.
  for (const stream of streams) {
    stream._write = (chunk: Buffer, _encoding, callback) => {
      output += chunk.toString();
      callback();
    };
  }
  try {
    await work();
    // Lines of one turn of the event loop are written together, at its end.
    await setImmediate();
  } finally {
    for (const [index, stream] of streams.entries()) Object.assign(stream, before[index]);
  }
  return output;
}

/** Lines of the structured log in the output. A line that is no JSON object is an error. */
export function parseLines(output: string): Record<string, unknown>[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** What a request makes this process write, and its answer. */
export async function logOf<T extends { headers: Record<string, string> }>(send: () => PromiseLike<T>) {
  const answers: T[] = [];
  const output = await captureOutput(async () => answers.push(await send()));
  const [answer] = answers;
  assert.ok(answer);
  return { output, answer, lines: parseLines(output) };
}
