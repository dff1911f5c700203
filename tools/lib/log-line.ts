import { showHidden } from '../../functions/src/core/text.ts';

const USER_LINE = /^> {1,2}([^\n]*)$/;
const TROUBLE = /^\s*[⚠✖⬢](?!.*Emulator UI)|(Error|Exception)\b|^error: /;
const WRONG_SETTING = /^Invalid configuration: /;

/** Formats a line of the emulators' output for people. Undefined if the line is only about the emulators. */
export function readable(line: string): string | undefined {
  const text = USER_LINE.exec(line)?.[1];
  if (text === undefined) return TROUBLE.test(line) || WRONG_SETTING.test(line) ? line : undefined;
  const entry = parseEntry(text);
  if (!entry) return showHidden(text);
  const { severity = 'INFO', message = '', ...fields } = entry;
  const stacks: string[] = [];
  const details = Object.entries(fields).map(([key, value]) => `${key}=${format(value, stacks)}`);
  // A stack stands below its line, as Node prints it.
  const [title = '', ...rest] = String(message).split('\n');
  const summary = [String(severity).padEnd(7), showHidden(title), ...details].join(' ');
  return [summary, ...rest.map(showHidden), ...stacks].join('\n');
}

function parseEntry(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** @param stacks gets the lines of a `stack` in the value, which leaves it */
function format(value: unknown, stacks: string[]): string {
  if (typeof value === 'string') return showHidden(value);
  return JSON.stringify(value, (name, inner: unknown) => {
    if (typeof inner !== 'string') return inner;
    if (name !== 'stack') return showHidden(inner);
    stacks.push(...inner.split('\n').map((line) => `        ${showHidden(line)}`));
    return undefined;
  });
}
