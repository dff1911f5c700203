// npm run openapi:gateway: writes the OpenAPI document for Google API Gateway and ESPv2: docs/guides/google-api-gateway.md.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createGatewayDocument } from '../functions/scripts/gateway-document.ts';
import { readDeployed } from './lib/deployed.ts';
import { fail } from './lib/run.ts';
import { readUsage } from './lib/usage.ts';

function readArguments() {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { project: text, backend: text, host: text, out: text } });
  const { project, backend, host } = values;
  if (!project || !/^[a-z0-9-]+$/.test(project)) throw new Error(readUsage('openapi-gateway'));
  if (backend !== undefined && !/^https:\/\/[\w.-]+(\/[\w.-]+)*$/.test(backend)) {
    throw new Error(
      `--backend "${backend}" must be a URL like https://api-abc123-uc.a.run.app, without a slash at the end.`,
    );
  }
  if (host !== undefined && !/^[a-z0-9.-]+$/.test(host))
    throw new Error(`--host "${host}" is not a host name.`);
  return { ...values, project };
}

try {
  const { project, backend, host, out } = readArguments();
  const { region, issuers } = readDeployed(project);
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
