import type { Attack } from './attack.ts';
import { algorithms } from './tables/algorithms.ts';
import { crossJwtConfusion } from './tables/cross-jwt-confusion.ts';
import { embeddedKeys } from './tables/embedded-keys.ts';
import { json } from './tables/json.ts';
import { keyIds } from './tables/kid.ts';
import { signatures } from './tables/signatures.ts';
import { timeClaims } from './tables/time-claims.ts';
import { tokenMalleability } from './tables/token-malleability.ts';
import { wrongAudience } from './tables/wrong-audience.ts';
import { wrongIssuer } from './tables/wrong-issuer.ts';
import { wrongSubject } from './tables/wrong-subject.ts';

export const attacks: readonly Attack[] = [
  ...algorithms,
  ...signatures,
  ...embeddedKeys,
  ...keyIds,
  ...tokenMalleability,
  ...json,
  ...timeClaims,
  ...wrongAudience,
  ...wrongIssuer,
  ...wrongSubject,
  ...crossJwtConfusion,
];
