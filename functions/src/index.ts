// Makes every line on the console JSON, those of the functions framework included: a line break in a text stays inside it.
import 'firebase-functions/logger/compat';
import { functionOptions, functionTarget, isDiscovery, loadConfig } from './config.ts';
import { requireMfaKeys } from './core/mfa-keys.ts';
import { createGatehouse } from './gatehouse.ts';
import { installFrameworkHardening } from './platform/functions-framework.ts';

const gatehouse = createGatehouse(functionOptions);

// An invalid configuration ends the process here, before it gets a request. While the CLI reads the exports, no parameter
// has a value yet.
if (!isDiscovery()) {
  const config = loadConfig();
  const name = functionTarget()?.split('.').at(-1);
  if (!config.emulator && gatehouse.needsMfaKeys(name)) requireMfaKeys(config.mfaKeys);
  installFrameworkHardening({ parsesBodies: gatehouse.parsesBodies(name), errorDocs: config.errorDocs });
}

/** The Cloud Functions by name. The build exports each (`scripts/build.ts`): a new operation needs no line here. */
export const { functions } = gatehouse;
