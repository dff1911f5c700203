import assert from 'node:assert/strict';

/** Everything that `work` makes this process write to stdout and stderr. Nothing of it reaches the terminal. */
export async function captureOutput(work: () => PromiseLike<unknown>): Promise<string> {
  const { stdout, stderr } = process;
  const before = { stdout: stdout.write, stderr: stderr.write };
  let output = '';
  const keep = (chunk: string | Uint8Array) => {
    output += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return true;
  };
  stdout.write = keep;
  stderr.write = keep;
  try {
    await work();
  } finally {
    stdout.write = before.stdout;
    stderr.write = before.stderr;
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
