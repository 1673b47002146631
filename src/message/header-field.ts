/**
 * One field of a header as it came. `name` is ASCII without the colon; `value` is latin1 text, one character per
 * byte, with everything behind the colon: leading white space, folds as CRLF + white space, no line end at the end.
 * So `${name}:${value}\r\n` is the field on the wire, byte for byte.
 */
export interface HeaderField {
  readonly name: string
  readonly value: string
}
