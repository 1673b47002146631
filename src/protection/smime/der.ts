export * from '../../keys/write-der.ts'
