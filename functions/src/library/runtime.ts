import gatehouse from '../../gatehouse.config.ts';
import { functionTarget, isDiscovery, loadConfig } from '../config.ts';
import { createGatehouse, type FunctionOptions } from '../gatehouse.ts';
import { installFrameworkHardening } from '../platform/functions-framework.ts';
import { checkProduct } from '../product-config.ts';

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
export function open({ options: { api = {}, callables = {}, triggers = {} }, exportedAs }: Setup) {
  const { parsesBodies, functions, ...protection } = createGatehouse({ api, callables, triggers });
  const target = functionTarget();
  if (isDiscovery()) checkProduct(gatehouse);
  else if (target !== undefined) {
    const { errorDocs } = loadConfig();
    const own = Object.keys(functions).find((name) => target === `${exportedAs}.${name}`);
    // The other functions of the adopter keep the framework as it is.
    if (own !== undefined) installFrameworkHardening({ parsesBodies: parsesBodies(own), errorDocs });
  }
  return { functions, ...protection };
}
