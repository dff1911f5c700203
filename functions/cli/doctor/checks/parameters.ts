import { declaredParams } from 'firebase-functions/params';
import { loadConfig } from '../../../src/config.ts';
import { ConfigError } from '../../../src/core/config-error.ts';
import type { Check } from '../check.ts';
import { type Finding, finding } from '../findings.ts';
import { isMentioned } from '../project-files.ts';

/** Names that the Firebase CLI refuses in `.env` files (`lib/functions/env.js` of firebase-tools), without its exceptions. */
const RESERVED =
  /^(X_GOOGLE_|FIREBASE_(?!SECRET_REF_)|EXT_|KIT_|(GCP|GCLOUD|GOOGLE_CLOUD)_PROJECT$|FUNCTION_(TRIGGER_TYPE|NAME|MEMORY_MB|TIMEOUT_SEC|IDENTITY|REGION|TARGET|SIGNATURE_TYPE)$|K_(SERVICE|REVISION|CONFIGURATION)$|PORT$|ENTRY_POINT$|CLOUD_RUNTIME_CONFIG$)/;

/** Read by Node, Google's libraries or other packages. */
const OF_LIBRARIES = /^(NODE|OTEL|GOOGLE|GRPC|npm|FIREBASE_SECRET_REF)_|^(TZ|DEBUG)$/;

const FIX = 'Correct it, then deploy the functions.';

/** What the code refuses at start, or the CLI at deployment. */
export const parameterValues: Check = {
  name: 'parameter values',
  reads: 'files',
  run({ files, installation: { parameters, parameterFiles } }) {
    const where = parameterFiles.join(', ');
    const problems = [
      ...Object.keys(parameters)
        .filter((name) => RESERVED.test(name))
        .map((name) => `${name}: is reserved: the Firebase CLI does not deploy it`),
      ...declaredParams.flatMap((param) => wrongType(param, parameters[param.name])),
    ];
    try {
      loadConfig({ ...parameters, GCLOUD_PROJECT: files.projectId ?? 'unknown-project' });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      problems.push(...(error instanceof ConfigError ? error.problems : [error.message]));
    }
    return [...new Set(problems)].map((problem) => finding('parameter-invalid', `${where}: ${problem}`, FIX));
  },
};

/** A parameter has the type of its default. */
function wrongType({ name, ...param }: (typeof declaredParams)[number], value: string | undefined): string[] {
  if (value === undefined) return [];
  const options: object = ('options' in param && param.options) || {};
  const type = 'default' in options ? typeof options.default : undefined;
  if (type === 'number' && !/^\d+$/.test(value)) return [`${name}: is not a whole number`];
  return type === 'boolean' && !/^(true|false)$/.test(value) ? [`${name}: has to be one of true, false`] : [];
}

/** Allowed, and not to be forgotten. */
export const shadowMode: Check = {
  name: 'enforcement',
  reads: 'files',
  run({ installation: { parameters, parameterFiles } }) {
    if (parameters.ENFORCEMENT !== 'shadow') return [];
    const what = `${parameterFiles.join(', ')}: ENFORCEMENT is shadow: endpoints with allowShadow refuse no request`;
    const fix = 'When the log has no more refusals to come, set it to enforce, then deploy the functions.';
    return [finding('shadow-mode', what, fix)];
  },
};

export const parameterNames: Check = {
  name: 'parameter names',
  reads: 'files',
  run({ files, installation }) {
    const known = declaredParams.map(({ name }) => name);
    const isUnknown = (name: string) =>
      !known.includes(name) &&
      !RESERVED.test(name) &&
      !OF_LIBRARIES.test(name) &&
      !isMentioned(files, installation, name);
    return Object.keys(installation.parameters)
      .filter(isUnknown)
      .flatMap((name): Finding[] => {
        const similar = known.find((one) => distance(one, name) <= 2);
        // Most settings of such a codebase are the adopter's, and code elsewhere may read them.
        if (similar === undefined && installation.kind === 'library') return [];
        const where = installation.parameterFiles.join(', ');
        return [
          finding(
            'parameter-unknown',
            `${where}: nothing reads ${name}`,
            similar === undefined ? 'Remove it.' : `Did you mean ${similar}?`,
          ),
        ];
      });
  },
};

/** How many letters have to be inserted, removed or replaced (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
