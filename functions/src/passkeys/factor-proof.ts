import type { TransactionPart } from '../platform/firestore/transaction.ts';

/** A second factor that was proved, and has to be used up in the transaction of what it is proved for. */
export interface FactorProof {
  readonly method: 'totp' | 'recovery-code' | 'passkey';
  /** Checks again that the code or challenge is unused, and writes that it is used. @throws AppError when it is used */
  readonly part: TransactionPart;
}
