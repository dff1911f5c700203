import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import { createGatewayDocument } from '../functions/scripts/gateway-document.ts';
import { parseTrustedIssuers } from '../functions/src/authn/issuers/trusted-issuers.ts';
import { ROOT } from './lib/emulator-setup.ts';
import { fail } from './lib/run.ts';

/** Writes the document that Google API Gateway and ESPv2 take: docs/guides/google-api-gateway.md. */
const USAGE =
  'Usage: npm run openapi:gateway -- --project <project id> [--backend <address of the function>] [--host <managed service>] [--out <file>]';

function readArguments() {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { project: text, backend: text, host: text, out: text } });
  const { project, backend, host } = values;
  if (!project || !/^[a-z0-9-]+$/.test(project)) throw new Error(USAGE);
  if (backend !== undefined && !/^https:\/\/[\w.-]+(\/[\w.-]+)*$/.test(backend)) {
    throw new Error(
      `--backend "${backend}" is not like https://api-abc123-uc.a.run.app, without a / at the end.`,
    );
  }
  if (host !== undefined && !/^[a-z0-9.-]+$/.test(host))
    throw new Error(`--host "${host}" is not a host name.`);
  return { ...values, project };
}

/** What this project is deployed with. */
function readSettings(project: string) {
  const name = `functions/.env.${project}`;
  const { REGION, TRUSTED_ISSUERS = '' } = parseEnv(readText(name));
  try {
    const issuers = parseTrustedIssuers(TRUSTED_ISSUERS, { local: false, gate: false });
    return { region: REGION || 'us-central1', issuers };
  } catch (error) {
    throw new Error(
      `TRUSTED_ISSUERS in ${name} is wrong:\n${error instanceof Error ? error.message : error}`,
    );
  }
}

function readText(name: string): string {
  try {
    return readFileSync(join(ROOT, name), 'utf8');
  } catch (cause) {
    throw new Error(`${name} cannot be read; README, "Deploy", says how to make it.`, { cause });
  }
}

try {
  const { project, backend, host, out } = readArguments();
  const { region, issuers } = readSettings(project);
  const { document, warnings } = createGatewayDocument({
    projectId: project,
    backend: backend ?? `https://${region}-${project}.cloudfunctions.net/api`,
    issuers,
    host,
  });
  for (const warning of warnings) console.error(`gatehouse: ${warning}`);
  const json = `${JSON.stringify(document, null, 2)}\n`;
  if (out === undefined) process.stdout.write(json);
  else writeFileSync(out, json);
} catch (error) {
  fail(error);
}
