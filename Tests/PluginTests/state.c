// What was learned, through a session as lilv keeps it for its hosts: saved from one instance, restored into another.
// Usage: state FOLDER NOISY.f32 OUT.f32 RATE   (2 channels; LV2_PATH says where the bundle is)
#include <lilv/lilv.h>
#include <lv2/state/state.h>
#include <lv2/urid/urid.h>
#include <string.h>

#include "sound.h"

static char uris[256][160];
static LV2_URID map_uri(LV2_URID_Map_Handle unused, const char *uri) {
  (void)unused;
  for (LV2_URID n = 0; n < 256; n++) {
    if (!uris[n][0]) snprintf(uris[n], sizeof uris[n], "%s", uri);
    if (!strcmp(uris[n], uri)) return n + 1;
  }
  return 0;
}
static const char *unmap_uri(LV2_URID_Unmap_Handle unused, LV2_URID urid) {
  (void)unused;
  return uris[urid - 1];
}
static LV2_URID_Map map = {NULL, map_uri};
static LV2_URID_Unmap unmap = {NULL, unmap_uri};

enum { block = 512, input = 0, output = 2, controls = 4, learn = controls + 3, model = controls + 6, latency = controls + 8 };
static float lanes[4][block], ports[10] = {[0] = 100, [1] = 1, [6] = 1};

static LilvInstance *make(const LilvPlugin *plugin, double rate) {
  const LV2_Feature feature = {LV2_URID__map, &map};
  const LV2_Feature *const features[] = {&feature, NULL};
  LilvInstance *this = lilv_plugin_instantiate(plugin, rate, features);
  if (!this) exit((fprintf(stderr, "lilv makes no instance\n"), 1));
  for (int n = 0; n < 4; n++) lilv_instance_connect_port(this, n, lanes[n]);
  for (int n = 0; n < 10; n++) lilv_instance_connect_port(this, controls + n, &ports[n]);
  return this;
}

// Enhances a sound, learning in between if so wished; the latency is taken off.
static void render(LilvInstance *this, const float *noisy, size_t length, float *made, size_t from, size_t to) {
  lilv_instance_activate(this);
  ports[learn - controls] = 0;
  lilv_instance_run(this, 0);
  size_t late = (size_t)ports[latency - controls];
  for (size_t done = 0; done < length + late;) {
    size_t part = length + late - done < block ? length + late - done : block;
    if (done < from && done + part > from) part = from - done;
    if (done < to && done + part > to) part = to - done;
    ports[learn - controls] = done >= from && done < to;
    for (size_t n = 0; n < part; n++)
      for (int channel = 0; channel < 2; channel++)
        lanes[input + channel][n] = done + n < length ? noisy[2 * (done + n) + channel] : 0;
    lilv_instance_run(this, part);
    for (size_t n = 0; n < part; n++)
      for (int channel = 0; channel < 2 && done + n >= late; channel++)
        made[2 * (done + n - late) + channel] = lanes[output + channel][n];
    done += part;
  }
  lilv_instance_deactivate(this);
}

static char *folder_of(const char *folder, const char *name) {
  char *path = malloc(strlen(folder) + strlen(name) + 3);
  sprintf(path, "%s/%s/", folder, name);
  return path;
}

int main(int count, char **arguments) {
  if (count != 5) return 2;
  double rate = atof(arguments[4]);
  size_t floats;
  float *noisy = read_floats(arguments[2], &floats), *made = calloc(floats, sizeof(float));
  LilvWorld *world = lilv_world_new();
  lilv_world_load_all(world);
  LilvNode *uri = lilv_new_uri(world, "urn:limpid:stereo");
  const LilvPlugin *plugin = lilv_plugins_get_by_uri(lilv_world_get_all_plugins(world), uri);
  if (!plugin) return (fprintf(stderr, "lilv does not find the plugin\n"), 1);
  if (!lilv_plugin_has_latency(plugin) || lilv_plugin_get_latency_port_index(plugin) != latency ||
      lilv_plugin_get_num_ports(plugin) != controls + 10 || !lilv_plugin_verify(plugin))
    return (fprintf(stderr, "lilv reads another plugin\n"), 1);

  LilvInstance *first = make(plugin, rate);
  render(first, noisy, floats / 2, made, (size_t)(0.7 * rate), (size_t)(2.2 * rate));
  char *folders[4];
  const char *const names[] = {"scratch", "copies", "links", "session"};
  for (int n = 0; n < 4; n++) folders[n] = folder_of(arguments[1], names[n]);
  LilvState *state = lilv_state_new_from_instance(
      plugin, first, &map, folders[0], folders[1], folders[2], folders[3], NULL, NULL, LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE,
      NULL);
  if (!state || lilv_state_get_num_properties(state) != 1) return (fprintf(stderr, "lilv keeps no state\n"), 1);
  if (lilv_state_save(world, &map, &unmap, state, NULL, folders[3], "state.ttl"))
    return (fprintf(stderr, "lilv does not save the state\n"), 1);
  lilv_state_free(state);
  lilv_instance_free(first);

  char *path = malloc(strlen(folders[3]) + 16);
  sprintf(path, "%sstate.ttl", folders[3]);
  LilvState *kept = lilv_state_new_from_file(world, &map, NULL, path);
  if (!kept) return (fprintf(stderr, "lilv does not read the state\n"), 1);
  LilvInstance *second = make(plugin, rate);
  lilv_state_restore(kept, second, NULL, NULL, 0, NULL);
  render(second, noisy, floats / 2, made, 0, 0);
  write_floats(arguments[3], made, floats);
  lilv_state_free(kept);
  lilv_instance_free(second);
  lilv_node_free(uri);
  lilv_world_free(world);
  for (int n = 0; n < 4; n++) free(folders[n]);
  free(path), free(noisy), free(made);
  return 0;
}
