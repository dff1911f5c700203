import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';

/** Returns what this process writes to stdout and stderr while `work` runs. The terminal shows none of it. */
export async function captureOutput(work: () => PromiseLike<unknown>): Promise<string> {
  const streams = [process.stdout, process.stderr];
  const before = streams.map(({ _write }) => ({ _write }));
  let output = '';
  // Every way of writing ends in `_write`, including the ones that bypass `write`.
  for (const stream of streams) {
    stream._write = (chunk: Buffer, _encoding, callback) => {
      output += chunk.toString();
      callback();
    };
  }
  try {
    await work();
    // Lines of one turn of the event loop may be written together, at its end.
    await setImmediate();
  } finally {
    for (const [index, stream] of streams.entries()) Object.assign(stream, before[index]);
  }
  return output;
}

/** Parses the lines of a structured log. @throws SyntaxError when a line is not JSON */
export function parseLines(output: string): Record<string, unknown>[] {
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** Sends a request. @returns the response, and what this process wrote meanwhile */
export async function logOf<T extends { headers: Record<string, string> }>(send: () => PromiseLike<T>) {
  const answers: T[] = [];
  const output = await captureOutput(async () => answers.push(await send()));
  const [answer] = answers;
  assert.ok(answer);
  return { output, answer, lines: parseLines(output) };
}
