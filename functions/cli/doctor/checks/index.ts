import type { Check } from '../check.ts';
import { clock } from './clock.ts';
import { databaseInFiles, oneDatabase } from './database-settings.ts';
import { activeFunctions, blockingFunctions, identityPlatform, regions } from './functions.ts';
import { indexesInFiles, liveIndexes, liveTtls } from './indexes.ts';
import { owners } from './owners.ts';
import { parameterNames, parameterValues, shadowMode } from './parameters.ts';
import { hostingRewrites } from './rewrites.ts';
import { releasedRules, rulesInFiles } from './rules.ts';
import { secrets } from './secrets.ts';
import { accountRoles, configuredAccounts } from './service-accounts.ts';
import { apis, billing, database } from './setup.ts';
import { cliVersion, nodeVersion } from './versions.ts';

/** In the order of the report. */
export const CHECKS: readonly Check[] = [
  ...[cliVersion, nodeVersion, parameterValues, parameterNames, shadowMode, hostingRewrites],
  ...[oneDatabase, databaseInFiles, rulesInFiles, indexesInFiles],
  ...[clock, billing, apis, database, releasedRules, liveIndexes, liveTtls],
  ...[activeFunctions, regions, blockingFunctions, identityPlatform],
  ...[configuredAccounts, accountRoles, secrets, owners],
];
