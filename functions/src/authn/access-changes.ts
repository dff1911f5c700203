/** What every instance knows of a principal whose rights changed lately. Times are seconds since the epoch. */
export interface LatestChange {
  readonly validAfter?: number | undefined;
  readonly rolesVersion?: number | undefined;
}

/** The access changes of the last hour, as this instance knows them. */
export interface AccessChanges {
  /**
   * A promise only while something is read: mostly the answer is there.
   *
   * @param id directory id of a principal
   * @throws AppError `unavailable` while nothing has ever been read: not knowing is no permission
   */
  latest(id: string): LatestChange | undefined | Promise<LatestChange | undefined>;
}
