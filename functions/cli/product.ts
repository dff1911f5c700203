import kit from '../kit/gatehouse.config.ts';
import { findGivenConfig } from '../src/library/given-config.ts';

/** Takes the place of `gatehouse.config.ts` in the command line of the package: of a library project, or of a kit. */
export default findGivenConfig() ?? kit;
