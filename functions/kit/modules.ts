/** Takes the place of `src/modules.ts` in the npm package: no example module. */
export { baseModules as modules } from '../src/base-modules.ts';
