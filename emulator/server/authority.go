package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority is the server's own certificate authority with the one certificate it signed. The authority's key is thrown
// away after signing, so nothing else can ever be signed by what a client was told to trust.
type authority struct {
	pem  []byte // the authority's certificate
	leaf tls.Certificate
}

const (
	authorityFile   = "ca.pem"
	certificateFile = "server.pem"
)

// newAuthority makes an authority, or takes up the one that an earlier run kept in the state folder.
func newAuthority(state string, now time.Time) (*authority, error) {
	if state != "" {
		a, err := readAuthority(state, now)
		if err == nil {
			return a, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	ca := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Blindspot stand-in"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{"localhost"},
		PermittedIPRanges: []*net.IPNet{{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)}, {IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)}},
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: new(big.Int).Add(serial, big.NewInt(1)), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, &leafKey.PublicKey, key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		return nil, err
	}
	a := &authority{pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER})}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leafDER})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	if a.leaf, err = tls.X509KeyPair(certPEM, keyPEM); err != nil {
		return nil, err
	}
	if state != "" {
		if err := writeFile(filepath.Join(state, certificateFile), append(certPEM, keyPEM...)); err != nil {
			return nil, err
		}
		if err := writeFile(filepath.Join(state, authorityFile), a.pem); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func readAuthority(state string, now time.Time) (*authority, error) {
	ca, err := os.ReadFile(filepath.Join(state, authorityFile))
	if err != nil {
		return nil, err
	}
	both, err := os.ReadFile(filepath.Join(state, certificateFile))
	if err != nil {
		return nil, err
	}
	leaf, err := tls.X509KeyPair(both, both)
	if err != nil {
		return nil, err
	}
	if c, err := x509.ParseCertificate(leaf.Certificate[0]); err != nil || now.After(c.NotAfter) {
		return nil, fs.ErrNotExist // expired: make another
	}
	return &authority{pem: ca, leaf: leaf}, nil
}
