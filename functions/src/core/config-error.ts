/** A configuration that cannot be used: what stops the build and the start. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  /** @param problems one line each, beginning with the parameter or the field's path, e.g. `API_REGION: is missing` */
  constructor(problems: readonly string[]) {
    super(problems.map((problem) => `Invalid configuration: ${problem}`).join('\n'));
    this.problems = problems;
  }
}

/**
 * @param name of the variable that holds the text
 * @throws ConfigError that says where the text is wrong
 */
export function parseConfigJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text, refuseProto);
  } catch (error) {
    // `JSON.parse` and `refuseProto` throw nothing else.
    const { message } = error as Error;
    const problem =
      error instanceof SyntaxError ? `is not JSON: ${message.replaceAll(/\s+/g, ' ')}` : message;
    throw new ConfigError([`${name}: ${problem}`]);
  }
}

/** Zod leaves such a field out, and would not report it. */
function refuseProto(name: string, value: unknown): unknown {
  if (name === '__proto__') throw new Error('has a field named __proto__');
  return value;
}
