/** gRPC status codes (google.rpc.Code). */
export const Status = {
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  UNIMPLEMENTED: 12,
} as const;

/** An error that is sent to the client. `code` is a gRPC status code, by which the SDK decides whether to retry. */
export class FirestoreError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'FirestoreError';
    this.code = code;
  }
}

export const invalidArgument = (message: string) => new FirestoreError(Status.INVALID_ARGUMENT, message);
export const notFound = (message: string) => new FirestoreError(Status.NOT_FOUND, message);
export const alreadyExists = (message: string) => new FirestoreError(Status.ALREADY_EXISTS, message);
export const failedPrecondition = (message: string) =>
  new FirestoreError(Status.FAILED_PRECONDITION, message);
export const aborted = (message: string) => new FirestoreError(Status.ABORTED, message);
export const unimplemented = (message: string) => new FirestoreError(Status.UNIMPLEMENTED, message);
