import { givenConfig } from '../src/library/given-config.ts';

/** Takes the place of `gatehouse.config.ts` in the library: the configuration that `createGatehouse` got. */
export default givenConfig();
