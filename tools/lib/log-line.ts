const USER_LINE = /^> {1,2}(.*)$/;
const TROUBLE = /^\s*[⚠✖⬢](?!.*Emulator UI)|(Error|Exception)\b/;
const WRONG_SETTING = /^Invalid configuration: /;

/** Formats a line of the emulators' output for people. Undefined if the line is only about the emulators. */
export function readable(line: string): string | undefined {
  const text = USER_LINE.exec(line)?.[1];
  if (text === undefined) return TROUBLE.test(line) || WRONG_SETTING.test(line) ? line : undefined;
  const entry = parseEntry(text);
  if (!entry) return text;
  const { severity = 'INFO', message = '', ...fields } = entry;
  const details = Object.entries(fields).map(([key, value]) => `${key}=${format(value)}`);
  return [String(severity).padEnd(7), message, ...details].join(' ');
}

function parseEntry(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

const format = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
