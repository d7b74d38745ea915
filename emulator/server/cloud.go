package server

import "net/http"

// cloudMetadata tells clients of a cloud that is not one of the public ones where its parts are; the Azure CLI's `az cloud
// register --endpoint-resource-manager` and Terraform's `metadata_host` ask for it. The oldest version is one object,
// the later ones are a list of clouds.
//
// Source: Azure Stack documentation, "Connect to Azure Stack with Azure CLI", and msrestazure's azure_cloud.py.
func (s *Server) cloudMetadata(w http.ResponseWriter, r *http.Request) {
	here := s.authority(r)
	version := queryValue(r.URL.Query(), "api-version")
	if !isVersion(version) {
		writeError(w, http.StatusBadRequest, "InvalidApiVersionParameter", "The api-version '"+shorten(version)+"' is invalid. The supported versions are '2015-01-01, 2019-05-01, 2022-09-01'.")
		return
	}
	login := map[string]any{"loginEndpoint": here + "/" + adfs, "audiences": []string{here}, "tenant": s.opts.Tenant, "identityProvider": "ADFS"}
	if version < "2019" {
		writeJSON(w, http.StatusOK, map[string]any{"galleryEndpoint": here, "graphEndpoint": here, "portalEndpoint": here, "authentication": login})
		return
	}
	writeJSON(w, http.StatusOK, []any{map[string]any{
		"name": "blindspot", "portal": here, "gallery": here, "graph": here, "graphAudience": here, "resourceManager": here,
		"microsoftGraphResourceId": here, "logAnalyticsResourceId": here, "authentication": login, "suffixes": map[string]any{},
	}})
}
