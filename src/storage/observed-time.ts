/**
 * How long gateways have been seen running on this storage, in milliseconds. It grows at most as fast as real time
 * whatever the wall clock says, so it tells when a hold may end at the earliest (RS-07).
 */
export interface ObservedTime {
  read(): Promise<number>
  /** Raises the stored time to `milliseconds` unless it is there already; returns what is stored then. */
  raiseTo(milliseconds: number): Promise<number>
}
