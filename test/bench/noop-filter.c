/*
 * The yardstick: a filter on libmilter that is told everything a judging filter is told and does nothing with it. It
 * asks for no answer before the end of the message, which is the fastest that the protocol allows over a unix socket.
 * Usage: noop-filter SOCKET
 */
#include <libmilter/mfapi.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address) {
  (void)ctx, (void)host, (void)address;
  return SMFIS_NOREPLY;
}

static sfsistat on_string(SMFICTX *ctx, char *text) {
  (void)ctx, (void)text;
  return SMFIS_NOREPLY;
}

static sfsistat on_path(SMFICTX *ctx, char **arguments) {
  (void)ctx, (void)arguments;
  return SMFIS_NOREPLY;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value) {
  (void)ctx, (void)name, (void)value;
  return SMFIS_NOREPLY;
}

static sfsistat on_stage(SMFICTX *ctx) {
  (void)ctx;
  return SMFIS_NOREPLY;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *bytes, size_t length) {
  (void)ctx, (void)bytes, (void)length;
  return SMFIS_NOREPLY;
}

static sfsistat on_end(SMFICTX *ctx) {
  (void)ctx;
  return SMFIS_ACCEPT;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long f2,
                             unsigned long f3, unsigned long *my_actions, unsigned long *my_steps,
                             unsigned long *my_f2, unsigned long *my_f3) {
  const unsigned long no_reply = SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NR_DATA |
                                 SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY | SMFIP_NR_UNKN;
  (void)ctx, (void)actions, (void)f2, (void)f3;
  *my_actions = 0;
  *my_steps = steps & no_reply;
  *my_f2 = 0;
  *my_f3 = 0;
  return SMFIS_CONTINUE;
}

int main(int count, char **arguments) {
  struct smfiDesc filter;
  char address[200];
  if (count != 2) return 2;
  memset(&filter, 0, sizeof filter);
  filter.xxfi_name = "noop";
  filter.xxfi_version = SMFI_VERSION;
  filter.xxfi_connect = on_connect;
  filter.xxfi_helo = on_string;
  filter.xxfi_envfrom = on_path;
  filter.xxfi_envrcpt = on_path;
  filter.xxfi_data = on_stage;
  filter.xxfi_header = on_header;
  filter.xxfi_eoh = on_stage;
  filter.xxfi_body = on_body;
  filter.xxfi_eom = on_end;
  filter.xxfi_negotiate = on_negotiate;
  snprintf(address, sizeof address, "unix:%s", arguments[1]);
  umask(0); /* Postfix connects as its own user */
  if (smfi_setconn(address) == MI_FAILURE || smfi_register(filter) == MI_FAILURE) return 1;
  return smfi_main() == MI_SUCCESS ? 0 : 1;
}
