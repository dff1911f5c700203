import { readFile, writeFile } from 'node:fs/promises';
import { ConfigError } from '../src/core/config-error.ts';
import { ADMIN_SDK, adminSdkWhenCalled } from './admin-sdk-when-called.ts';
import { buildCli } from './build-cli.ts';
import { writeBundle } from './bundle.ts';
import { checkConfiguration } from './check-configuration.ts';
import { generateRules } from './generate-rules.ts';
import { addLocalSecrets } from './local-secrets.ts';
import { createOpenApiDocument } from './openapi-document.ts';

try {
  checkConfiguration();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exit(1);
}

const RULES = '../firestore.rules';
const rules = await readFile(RULES, 'utf8');
const generated = generateRules(rules);
if (generated !== rules) await writeFile(RULES, generated);
// The CLI names the project when it deploys. Then there is no emulator.
const { GCLOUD_PROJECT: deployedTo = 'demo-' } = process.env;
if (deployedTo.startsWith('demo-')) addLocalSecrets('.secret.local');

// As when the CLI reads the exports: no parameter has a value.
process.env.FUNCTIONS_CONTROL_API = 'true';

// Before the bundle, which contains it.
await writeFile('src/meta/openapi.json', `${JSON.stringify(createOpenApiDocument(), null, 2)}\n`);

const { functions } = await import('../src/index.ts');
await writeBundle({
  functions: Object.keys(functions),
  entries: ADMIN_SDK,
  outdir: 'lib',
  plugins: [adminSdkWhenCalled],
});
// `npm run dev` leaves it out: the emulators do not use it.
if (!process.argv.includes('--functions')) await buildCli();
