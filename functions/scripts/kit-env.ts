interface Parameter {
  readonly name: string;
  readonly options: { readonly default?: unknown; readonly description?: string };
}

const REGION = {
  name: 'FUNCTION_DEFAULT_REGION',
  options: {
    default: 'us-central1',
    description: 'Where the functions run. A parameter of the kit’s index.ts.',
  },
};

/** Every parameter of a kit with its default, which a secret has not, as the file `.env.<project id>` that the CLI reads. */
export function describeParameters(parameters: readonly Parameter[]): string {
  return [REGION, ...parameters]
    .filter(({ options }) => options.default !== undefined)
    .map(({ name, options }) => `# ${options.description}\n${name}=${options.default}\n`)
    .join('\n');
}
