import gatehouse from '../../gatehouse.config.ts';
import { functionTarget, isDiscovery, loadConfig } from '../config.ts';
import { requireMfaKeys } from '../core/mfa-keys.ts';
import { once } from '../core/once.ts';
import { createGatehouse, type FunctionOptions } from '../gatehouse.ts';
import { installFrameworkHardening } from '../platform/functions-framework.ts';
import { checkProduct } from '../product-config.ts';

type Functions = Readonly<Record<string, unknown>>;

const NO_OPTIONS: FunctionOptions = { api: {}, callables: {}, triggers: {} };

interface Setup {
  readonly options: Partial<FunctionOptions>;
  /** The name under which the adopter exports `functions`. */
  readonly exportedAs: string;
}

/**
 * What `createGatehouse` of the library returns. Loaded when it is called: then the configuration is known, from which
 * permissions, roles and schemas are made.
 *
 * @throws ConfigError while the CLI reads the exports, and when a function starts
 */
export function open({ options, exportedAs }: Setup) {
  const { functions: named, parsesBodies, needsMfaKeys, ...protection } = createGatehouse(NO_OPTIONS);
  // Defined when they are first read: as imports come first, `setGlobalOptions` is often called after `createGatehouse`.
  const define = once((): Functions => createGatehouse({ ...NO_OPTIONS, ...options }).functions);
  const functions: Functions = {};
  for (const name of Object.keys(named)) {
    Object.defineProperty(functions, name, { enumerable: true, get: () => define()[name] });
  }
  const target = functionTarget();
  if (isDiscovery()) checkProduct(gatehouse);
  else if (target !== undefined) {
    const config = loadConfig();
    const own = Object.keys(named).find((name) => target === `${exportedAs}.${name}`);
    if (!config.emulator && needsMfaKeys(own)) requireMfaKeys(config.mfaKeys);
    // The other functions of the adopter keep the framework as it is.
    if (own !== undefined) {
      installFrameworkHardening({ parsesBodies: parsesBodies(own), errorDocs: config.errorDocs });
    }
  }
  return { functions, ...protection };
}
